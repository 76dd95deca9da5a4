"""What a page takes for granted: done in its directory before the block that begins so; "" stands for the top."""

from __future__ import annotations

from typing import Final

FLOW: Final = """
cat > {name}.yaml <<'YAML'
apiVersion: agentic.stigmer.ai/v1
kind: Workflow
metadata: {{name: {name}}}
spec:
  document: {{dsl: 1.0.0, namespace: docs, name: {name}, version: 1.0.0}}
  tasks:
    - {{name: say, kind: SET, task_config: {{variables: {{hello: there}}}}}}
YAML
stigmer apply -f {name}.yaml
"""
ONE_AGENT: Final = """
mkdir {name}; cd {name}
printf 'name: {name}\\nruntime: python\\nmain: main.py\\n' > Stigmer.yaml
printf 'turns:\\n  - text: Hello.\\n' > answers.yaml
cat > main.py <<'PYTHON'
from stigmer import Agent
Agent("{agent}", instructions="You answer in one word.", model="scripted:answers.yaml")
PYTHON
"""
OTHER_WORDS: Final = "sed -i.before 's/at most three short sentences/one sentence/' main.py\n"
SKILL: Final = """
mkdir -p {name}/scripts; echo 'git log' > {name}/scripts/log.sh
printf -- '---\\nname: {name}\\ndescription: Writes notes.\\n---\\nWrite.\\n' > {name}/SKILL.md
"""
# The program is installed already, which `.ci/run` tries by itself: here it gets into what README.md makes.
INSTALLED: Final = """
python3() {
  mkdir -p .venv/bin
  printf '#!/bin/sh\\nexec "%s" "$@"\\n' "$PROGRAM" > .venv/bin/stigmer
  printf '#!/bin/sh\\n' > .venv/bin/pip
  printf 'PATH=$PWD/.venv/bin:$PATH\\n' > .venv/bin/activate
  chmod +x .venv/bin/stigmer .venv/bin/pip
}
cp -R "$ROOT/examples" .
"""
EXAMPLES: Final = 'cp -R "$ROOT/examples" .; set -m\n'
GIVEN: Final[dict[str, dict[str, str]]] = {
    "README.md": {"": INSTALLED},
    "examples/notes-agent/README.md": {"": EXAMPLES},
    "examples/restock/README.md": {"": EXAMPLES},
    "docs/index.md": {"stigmer preview": OTHER_WORDS},
    "docs/cli.md": {
        "stigmer history": f"{OTHER_WORDS} stigmer apply",
        "stigmer run ": "stigmer destroy --yes; cd ..\n"
        f"{ONE_AGENT.format(name='single', agent='my-agent')} {FLOW.format(name='my-flow')}",
    },
    "docs/projects.md": {"": f"{ONE_AGENT.format(name='newsroom', agent='reporter')} stigmer apply; cd .."},
    "docs/runs.md": {
        "": f"{ONE_AGENT.format(name='desk', agent='desk')} {FLOW.format(name='report')} stigmer run report;"
        "stigmer run --apply desk -m 'order 1042'",
        "stigmer run report --batch": "printf 'day\\n2026-11-23\\n2026-11-24\\n' > days.csv",
    },
    "docs/skills.md": {
        "stigmer skill push ./release-notes": SKILL.format(name="release-notes"),
        "stigmer skill push ./code-review": SKILL.format(name="code-review") + SKILL.format(name="internal-docs"),
    },
}
