from . import controllers
from . import models
from . import wizards
from .tools import log_redaction, restart


def post_load():
    log_redaction.install()
    restart.install()
