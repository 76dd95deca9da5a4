"""What this project deploys: an agent, and a workflow that puts a question to it.

`stigmer apply` runs this file. It only declares things: nothing happens until they are run.
"""

from stigmer import Agent, Workflow

agent = Agent(
    "{{slug}}",
    description="Answers questions in a few plain sentences",
    instructions="""
        You are a friendly assistant.
        Answer in at most three short sentences, and say so when you do not know.
    """,
    model="scripted:answers.yaml",  # {{scripted}}that file answers; without this line, a model is asked
)

workflow = Workflow(
    "{{slug}}-hello",
    namespace="{{slug}}",
    version="0.1.0",
    description="Asks the agent one question",
)
question = workflow.set("question", text="What can you help me with?")
workflow.call_agent("answer", agent, question["text"])
