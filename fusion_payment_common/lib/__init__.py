"""Pure building blocks of the payments suite: no framework, no database, no vendor.

Every module here runs with nothing but the standard library and the packages it names in its
own docstring, so that it is tested in milliseconds. One concept per file.
"""
