// What this project deploys: an agent, and a workflow that puts a question to it.
//
// `stigmer apply` runs this file. It only declares things: nothing happens until they are run.
package main

import (
	"log"

	"example.com/{{slug}}/internal/manifest"
)

func main() {
	agent := manifest.Agent{
		Name:        "{{slug}}",
		Description: "Answers questions in a few plain sentences",
		Instructions: "You are a friendly assistant.\n" +
			"Answer in at most three short sentences, and say so when you do not know.",
		Model: "scripted:answers.yaml", // {{scripted}}that file answers; without this line, a model is asked
	}
	workflow := manifest.Workflow{
		Name:        "{{slug}}-hello",
		Namespace:   "{{slug}}",
		Version:     "0.1.0",
		Description: "Asks the agent one question",
		Tasks: []manifest.Task{
			manifest.Set("question", map[string]any{"text": "What can you help me with?"}),
			manifest.CallAgent("answer", agent, `${ $context["question"].text }`),
		},
	}
	if err := manifest.Write([]manifest.Agent{agent}, []manifest.Workflow{workflow}); err != nil {
		log.Fatal(err)
	}
}
