"""Pure building blocks of the payments suite: no framework, no database, no vendor.

Every module needs only the standard library and the packages named in its docstring, so that its
tests take milliseconds. One concept per file.
"""
