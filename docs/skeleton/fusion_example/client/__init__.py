"""The provider's HTTP interface as frozen dataclasses: no framework, no database."""
