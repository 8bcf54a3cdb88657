"""Attempts to see the test labels, other secrets, or to write and act outside the workspace.

Each is a cell. ``{…}`` are places that the test fills in; the name of the test file is put together, since a cell that
names it is not even run. What an attempt finds, it prints.
"""

from __future__ import annotations

FIND = "import glob, os, pathlib, subprocess\nname = 'held' + '_out.csv'\n"

PYTHON = {
    "open": FIND + "print(open(name).read())",
    "open, and say nothing": FIND + "try:\n    print(open(name).read())\nexcept OSError:\n    pass",
    "open, by its whole path": FIND + "print(open(os.path.join({folder!r}, name)).read())",
    "glob": FIND + "print([open(path).read() for path in glob.glob('*out.csv')])",
    "pathlib": FIND + "print([path.read_text() for path in pathlib.Path().rglob('held*')])",
    "pandas": FIND + "import pandas as pd\nprint(pd.read_csv(name).to_string())",
    "low-level": FIND + "print(os.read(os.open(name, os.O_RDONLY), 10**6))",
    "read and write": FIND + "print(os.read(os.open(name, os.O_RDWR), 10**6))",
    "/proc/self/cwd": FIND + "print(open('/proc/self/cwd/' + name).read())",
    "/proc/self/root": FIND + "print(open('/proc/self/root' + os.path.join({folder!r}, name)).read())",
    "a link": FIND
    + "os.symlink(os.path.join({folder!r}, name), '{workspace}/link')\nprint(open('{workspace}/link').read())",
    "a hard link": FIND + "os.link(name, '{workspace}/hard')\nprint(open('{workspace}/hard').read())",
    "rename": FIND + "os.rename(name, '{workspace}/mine')\nprint(open('{workspace}/mine').read())",
    "cut it": FIND + "os.truncate(name, 0)",
    "another process": FIND + "print(subprocess.run(['cat', name], capture_output=True, text=True))",
    "a process of its own session": (
        FIND + "print(subprocess.run(['setsid', 'cat', name], capture_output=True, text=True, env={{}}))"
    ),
    "the engine's files": "import glob\nprint([open(path).read(9) for path in glob.glob('/proc/{engine}/fd/*')])\n"
    "print(open('/proc/{engine}/environ').read())",
    "the engine's memory": "print(open('/proc/{engine}/mem', 'rb'))",
    "the engine's folder": FIND + "print(open('/proc/{engine}/cwd/' + name).read())",
    "trace a process": "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
    "done = libc.ptrace(16, {victim}, 0, 0)\nprint('TRACED' if done == 0 else 'Operation not permitted')",
    "end a process": "import os\nos.kill({victim}, 9)",
    "a copy": "print(open('backup.csv').read())",
    "a hard link of the person's": "print(open('alias.csv').read())",
    "another form": FIND + "print(open('held' + '_out.tsv').read())",
    "a checkpoint": "print(open('.ipynb_checkpoints/held-checkpoint.csv').read())",
    "a notebook": "print(open('looked.ipynb').read())",
    "another run": "print(open('{others}/old-00000000/notes.csv').read())",
    "a key": "print(open('{home}/.ssh/id_ed25519').read())",
    "a token": "print(open('{home}/.netrc').read())",
    "the data's folder": "open('{folder}/planted.txt', 'w')",
    "the data": "open('{folder}/train.csv', 'a').write('x')",
    "the record": "open('{run}/run.json', 'a').write(' ')",
    "the events": "open('{run}/events.jsonl', 'a').write('x')",
    "a command": "open('{run}/inbox/stop.json', 'w')",
    "an iteration": "open('{run}/iterations/planted', 'w')",
    "the split": "import os\nos.makedirs('{run}/split')",
    "the home": "open('{home}/.bashrc', 'w')",
    "the temporary folder of others": "open('{outside}/planted', 'w')",
    "a module of ours": "import agentomics_nb\nopen(agentomics_nb.__path__[0] + '/planted.py', 'w')",
    "the network": "import socket\nprint(socket.create_connection(('127.0.0.1', {port}), 5).recv(100))",
    "a datagram": "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
}

BASH = {
    "cat": "cd - >/dev/null; cat held?out.csv",
    "find": "find {folder} -name 'held*' -exec cat {{}} +",
    "grep": "grep -r {secret_split} {folder} {home} {others}",
    "cp": "cp {folder}/held?out.csv .",
    "tar": "tar c {folder} | tar x -O",
    "git": "git -C {folder} show HEAD:./held''_out.csv",
    "move the workspace": "mv {workspace} {folder}/elsewhere",
    "mount": "unshare -Urm mount --bind {folder} .; umount {folder}/held''_out.csv; cat held* {folder}/held?out*",
    "raw disk": "for disk in /dev/[svx]d?? /dev/nvme*n?; do head -c 100 $disk; done; mknod disk b 254 0",
}
