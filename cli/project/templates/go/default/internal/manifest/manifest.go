// Package manifest writes agents and workflows in the form that `stigmer apply` reads: one binary protobuf message in
// each file of the directory STIGMER_OUT_DIR. Field numbers are those of ai.stigmer.agentic.agent.v1 and workflow.v1.
package manifest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

const (
	apiVersion        = "agentic.stigmer.ai/v1"
	ownedByTheOrg     = 2
	taskKindSet       = 1
	taskKindAgentCall = 13
)

// Agent is an agent to deploy. Instructions need at least ten characters. Model is PROVIDER:MODEL, or "" for the one that
// is configured; the file of scripted:FILE counts from the directory of Stigmer.yaml.
type Agent struct {
	Name         string
	Description  string
	Instructions string
	Model        string
}

// Workflow is a workflow to deploy. Its tasks run in order.
type Workflow struct {
	Name        string
	Namespace   string
	Version     string
	Description string
	Tasks       []Task
}

// Task is one step of a workflow. Kind is a number of the enum WorkflowTaskKind, Config what that kind of task takes:
// text, numbers, bools, nil, []any and map[string]any. Export keeps the result for later tasks, under the task's name.
type Task struct {
	Name   string
	Kind   uint64
	Config map[string]any
	Export bool

	agent string
}

// Set keeps values under names; later tasks read them as ${ $context["<task>"].<name> }.
func Set(name string, variables map[string]any) Task {
	return Task{Name: name, Kind: taskKindSet, Config: map[string]any{"variables": variables}, Export: true}
}

// CallAgent lets an agent answer a message.
func CallAgent(name string, agent Agent, message string) Task {
	config := map[string]any{"agent": slug(agent.Name), "message": message}
	return Task{Name: name, Kind: taskKindAgentCall, Config: config, agent: slug(agent.Name)}
}

// Write puts everything into STIGMER_OUT_DIR. Without that variable nobody deploys, and nothing is written.
func Write(agents []Agent, workflows []Workflow) error {
	directory := os.Getenv("STIGMER_OUT_DIR")
	if directory == "" {
		return nil
	}
	for index, agent := range agents {
		if err := writeMessage(directory, "agent", index, agent.envelope()); err != nil {
			return err
		}
	}
	dependencies := map[string][]string{}
	for index, workflow := range workflows {
		envelope, err := workflow.envelope()
		if err != nil {
			return err
		}
		if err := writeMessage(directory, "workflow", index, envelope); err != nil {
			return err
		}
		for _, task := range workflow.Tasks {
			if task.agent != "" {
				key := "workflow:" + slug(workflow.Name)
				dependencies[key] = append(dependencies[key], "agent:"+task.agent)
			}
		}
	}
	text, err := json.Marshal(dependencies)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(directory, "dependencies.json"), text, 0o600)
}

func writeMessage(directory, prefix string, index int, data message) error {
	return os.WriteFile(filepath.Join(directory, fmt.Sprintf("%s-%d.pb", prefix, index)), data, 0o600)
}

func (a Agent) envelope() message {
	var spec message
	spec.text(1, a.Description)
	spec.text(3, a.Instructions)
	annotations := map[string]string{}
	if a.Model != "" {
		annotations["stigmer.ai/model"] = a.Model
	}
	return envelope("Agent", a.Name, annotations, spec)
}

func (w Workflow) envelope() (message, error) {
	var document, spec message
	document.text(1, "1.0.0")
	document.text(2, w.Namespace)
	document.text(3, slug(w.Name))
	document.text(4, w.Version)
	document.text(5, w.Description)
	spec.text(1, w.Description)
	spec.message(2, document)
	for _, task := range w.Tasks {
		config, err := structOf(task.Config)
		if err != nil {
			return nil, fmt.Errorf("workflow %s, task %s: %w", w.Name, task.Name, err)
		}
		var encoded message
		encoded.text(1, task.Name)
		encoded.number(2, task.Kind)
		encoded.message(3, config)
		if task.Export {
			var export message
			export.text(1, "${.}")
			encoded.message(4, export)
		}
		spec.message(3, encoded)
	}
	return envelope("Workflow", w.Name, nil, spec), nil
}

func envelope(kind, name string, annotations map[string]string, spec message) message {
	var metadata, whole message
	metadata.text(1, name)
	metadata.text(2, slug(name))
	metadata.number(5, ownedByTheOrg)
	for key, value := range annotations {
		metadata.entry(7, key, value)
	}
	metadata.entry(7, "stigmer.ai/sdk.language", "go")
	metadata.entry(7, "stigmer.ai/sdk.version", "0.1.0")
	metadata.entry(7, "stigmer.ai/sdk.generated-at", fmt.Sprint(time.Now().Unix()))
	whole.text(1, apiVersion)
	whole.text(2, kind)
	whole.message(3, metadata)
	whole.message(4, spec)
	return whole
}

var (
	dropped = regexp.MustCompile(`[^a-z0-9-]`)
	hyphens = regexp.MustCompile(`-{2,}`)
)

// slug makes "support-bot" of "Support Bot!".
func slug(name string) string {
	kept := dropped.ReplaceAllString(strings.ReplaceAll(strings.ToLower(name), " ", "-"), "")
	return strings.Trim(hyphens.ReplaceAllString(kept, "-"), "-")
}
