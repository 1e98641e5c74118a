"""Runs Synapse in this process as long as standard input is open.

`server` starts this program. No other module imports Synapse. It does two things that Synapse's own command does
not: when the driver ends, in whatever way, it ends too and removes its folder; and it accepts a callback of
synapse-invite-checker that this version of Synapse does not have.
"""

import os
import shutil
import sys
import threading

import synapse.app.homeserver
from synapse.module_api import ModuleApi

UNKNOWN_CALLBACK = "on_upgrade_room"


def end_with_the_driver(folder):
    """Waits until the driver closes the pipe or dies."""
    sys.stdin.buffer.read()
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


def drop_unknown_callback():
    """The callback checks the room version on upgrades. No command upgrades a room."""
    register = ModuleApi.register_third_party_rules_callbacks

    def register_known(self, **callbacks):
        callbacks.pop(UNKNOWN_CALLBACK, None)
        return register(self, **callbacks)

    ModuleApi.register_third_party_rules_callbacks = register_known


def main():
    folder = os.path.abspath(sys.argv.pop(1))
    threading.Thread(target=end_with_the_driver, args=(folder,), daemon=True).start()
    drop_unknown_callback()
    synapse.app.homeserver.main()


if __name__ == "__main__":
    main()
