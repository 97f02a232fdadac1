from . import intake, proxy, push
