{
    "name": "One Row",
    "summary": "A route that stores what it is sent in one row, to measure others beside it",
    "version": "19.0.1.0.0",
    "author": "Fusion Payments",
    "license": "LGPL-3",
    "depends": ["web"],
    "installable": True,
}
