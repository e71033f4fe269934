"""Git as a person runs it, for the tests that look at what was committed."""

import subprocess


def run(folder, *arguments, check=True):
    """Run git as the person does and give what it prints."""
    done = subprocess.run(["git", "-C", folder, *arguments], capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, done.stderr
    return done.stdout


def is_clean(folder):
    """Say whether git sees nothing to do."""
    return "" == run(folder, "status", "--porcelain")
