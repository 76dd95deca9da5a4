"""Review a pull request: fetch it, look at its size, let an agent read the changes, post what it says.

The run's input says which one: {"repo": "stigmer/hello-stigmer", "number": 1}.
"""

from stigmer import Agent, EnvVar, Workflow, case, env_var, otherwise, secret

MANY_FILES = 50

reviewer = Agent(
    "code-reviewer",
    description="Reviews the changes of a pull request.",
    instructions="""
        You review changes to code. You are given the files of a pull request with their patches.

        - Begin with one sentence on what the change does.
        - Then list what must be fixed, each with file and line, most serious first: bugs, security, missing tests.
        - Leave style to the linters. If nothing needs fixing, say so and stop.
        """,
)

wf = Workflow(
    "pr-review",
    namespace="reviews",
    description="Reviews a pull request and posts the review.",
    env=[
        EnvVar("GITHUB_API", default="https://api.github.com", description="Another address for GitHub Enterprise."),
        EnvVar("GITHUB_TOKEN", secret=True, description="May read pull requests and write reviews."),
    ],
)

pull_url = f"{env_var('GITHUB_API')}/repos/{wf.input.repo}/pulls/{wf.input.number}"
github = {
    "Accept": "application/vnd.github+json",
    "Authorization": f"Bearer {secret('GITHUB_TOKEN')}",
}

pull = wf.http_get("pull", pull_url, headers=github)

wf.switch(
    "size",
    case("draft", when=pull["draft"], then="end"),
    case("too_large", when=pull["changed_files"] > MANY_FILES, then="ask_to_split"),
    otherwise(then="files"),
)

files = wf.http_get("files", f"{pull_url}/files", headers=github)

review = wf.call_agent(
    "review",
    reviewer,
    f"""
    Please review "{pull["title"]}" by {pull["user"].login}.

    {pull["body"].or_else("There is no description.")}

    The changed files:
    {files}
    """,
    temperature=0.2,
    timeout_seconds=600,
)

wf.http_post(
    "post_review",
    f"{pull_url}/reviews",
    headers=github,
    body={"event": "COMMENT", "body": review["response"]},
).then("end")

wf.http_post(
    "ask_to_split",
    f"{pull_url}/reviews",
    headers=github,
    body={
        "event": "COMMENT",
        "body": f"{pull['changed_files']} files are too many to review well. Could you split this up?",
    },
)
