"""Check that XML files are well-formed: ``python -m dev.check_xml PATH...`` (files or folders)."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from lxml import etree


def xml_files(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the XML and SVG files among the paths and below them."""
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.suffix in {".xml", ".svg"})
        else:
            yield path


def problem(path: Path) -> str | None:
    """Return what is wrong with a file, with its line, or None."""
    try:
        etree.parse(path, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        return f"{path}:{error.lineno}: {error.msg}"
    return None


def main(argv: list[str]) -> int:
    """Print every problem; return 1 if there is one."""
    problems = [text for path in xml_files(map(Path, argv)) if (text := problem(path))]
    for text in problems:
        print(text)
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
