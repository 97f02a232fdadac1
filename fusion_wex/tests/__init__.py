from . import test_access
from .account import *
from .request import *
from .card import *
from .proxy import *
from .inbound import *
