"""`python -m saas.embedded <command>`: what the Makefile calls."""

import argparse
import os
import sys
from pathlib import Path

from saas.embedded import chromium, demo, node, trial
from saas.embedded.errors import EmbeddedError
from saas.embedded.guard import run_guard
from saas.embedded.paths import DataPaths
from saas.embedded.progress import Progress


def main(arguments: list[str]) -> int:
    """Run one command; an error a person can act on is one line on standard error and exit code 1."""
    options = _parser().parse_args(arguments)
    paths = DataPaths.locate(os.environ)
    try:
        match options.command:
            case "demo":
                stop_when = demo.stop_with_make() if options.with_make else lambda: False
                return demo.run_demo(paths, os.environ, Progress(), stop_when=stop_when)
            case "test-env":
                progress = Progress(sys.stderr)
                return trial.run_in_trial(options.run, paths, os.environ, progress, durable=options.durable)
            case "frontend":
                node.build_frontend(paths, Progress())
            case "npm":
                node.run_npm(options.run)
            case "chromium":
                print(chromium.ensure_chromium(Progress(sys.stderr)))
            case "guard":
                return run_guard(options.server, DataPaths(options.data_dir), fast=options.fast)
    except (EmbeddedError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m saas.embedded", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    demo_command = commands.add_parser("demo", help="servers, migrations, demo data, web, worker, beat and drainer")
    demo_command.add_argument("--with-make", action="store_true", help="stop when the parent process is killed")
    trial_command = commands.add_parser("test-env", help="run a command with throw-away servers and test settings")
    trial_command.add_argument(
        "--durable", action="store_true", help="servers that survive a crash, as production's do"
    )
    trial_command.add_argument("run", nargs="+", metavar="COMMAND")
    commands.add_parser("frontend", help="install the front end's packages and build it, where needed")
    npm_command = commands.add_parser("npm", help="run npm in frontend/ with a Node that is new enough")
    npm_command.add_argument("run", nargs="+", metavar="ARGUMENT")
    commands.add_parser("chromium", help="print the path of a Chromium, installing one where there is none")
    guard_command = commands.add_parser("guard", help="internal: keep one server up while it is used")
    guard_command.add_argument("server", choices=("postgres", "redis"))
    guard_command.add_argument("--data-dir", type=Path, required=True)
    guard_command.add_argument("--fast", action="store_true")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
