# -*- coding: utf-8 -*-
"""`python run.py` starts Genzaichi and `python run.py test` passes its tests; each first installs what it needs.

Standard library only. This file and tools/say.py stay readable for an old Python, so that it can say it is too old.
"""

import sys

from tools.say import say, speak_utf8

OLDEST = (3, 11)


def main():
    speak_utf8()
    if sys.version_info < OLDEST:
        say("setup.old_python", found="%d.%d" % sys.version_info[:2], needed="%d.%d" % OLDEST)
        return 2
    from tools import commands

    return commands.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
