from . import controllers
from . import models
from . import wizards
from .tools.log_redaction import install as post_load
