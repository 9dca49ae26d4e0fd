"""The benchmark runs: each of its rows once, as small as can be. Looks at the shape of its figures, not their size."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_OWN = ("DATABASE_URL", "REDIS_URL", "HANDOFF_DATA_DIR")


def test_benchmark_runs_and_writes_what_it_promises(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in _OWN}
    command = [sys.executable, "-m", "saas.embedded", "test-env", "--", sys.executable, "-m", "tests.bench", "--quick"]

    done = subprocess.run(
        [*command, "--output", str(tmp_path)],
        cwd=ROOT,
        env=environment | {"HANDOFF_DATA_DIR": str(tmp_path / ".data")},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-4000:]
    text = (tmp_path / "BENCHMARKS.md").read_text()
    found = json.loads((tmp_path / "bench.json").read_text())
    for title in ("Goals", "Over HTTP", "The pipeline", "The sweep", "Tenants"):
        assert f"\n## {title}\n" in text
    for row in ("the product", "c", "c with more of it", "tutorial, kept", "tutorial, not kept", "a bare WSGI answer"):
        assert found["figures"][f"a capture, {row}: CPU us"] >= 0
    assert len(found["goals"]) == 19
    assert all(isinstance(goal["holds"], bool) and goal["measured"] >= 0 for goal in found["goals"].values())
    assert found["figures"]["empty tenant: tables"] == 13
    assert found["figures"]["first load / bytes"] > 1_000
