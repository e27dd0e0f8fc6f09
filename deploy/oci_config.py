"""Writes crun's config.json for an image, as an engine would: prove-image.sh pipes the image's
description in. oci_config.py VOLUME NAME…: the folder that stands for the volume, and the variables
that are passed on. The root file system is read-only and no capability is left."""

import json
import os
import sys

volume, names = sys.argv[1], sys.argv[2:]
config = json.load(sys.stdin)["Docker"]["config"]

# What the image promises without being started.
assert config["User"] == "10001:10001", config["User"]
assert list(config["ExposedPorts"]) == ["3000/tcp"], config["ExposedPorts"]
assert list(config["Volumes"]) == ["/var/lib/kith/avatars"], config["Volumes"]
assert config["Healthcheck"]["Test"] == ["CMD", "kith", "health"], config["Healthcheck"]
for label in ("title", "description", "version", "revision"):
    assert config["Labels"][f"org.opencontainers.image.{label}"], label
assert not any(name in variable for name in names for variable in config["Env"]), config["Env"]

uid, gid = map(int, config["User"].split(":"))
system = {"nosuid", "noexec", "nodev"}
json.dump(
    {
        "ociVersion": "1.0.0",
        "process": {
            "user": {"uid": uid, "gid": gid},
            "args": config["Entrypoint"] + config["Cmd"],
            "env": config["Env"] + [f"{name}={os.environ[name]}" for name in names],
            "cwd": config["WorkingDir"],
            "capabilities": {},
            "noNewPrivileges": True,
        },
        "root": {"path": "rootfs", "readonly": True},
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc", "options": sorted(system)},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755"]},
            {"destination": next(iter(config["Volumes"])), "type": "bind", "source": volume, "options": ["bind", "rw"]},
        ],
        # The network is the one that prove-image.sh made.
        "linux": {"namespaces": [{"type": name} for name in ("pid", "mount", "ipc", "uts")]},
    },
    sys.stdout,
)
