// One round against a wire tool server with the Go SDK: see ../clients.ts for what is expected.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

type asked struct {
	Command string
	Args    []string
	Env     map[string]string
	URL     string
	Token   string
	URI     string
	Calls   [][]any
}

type bearer struct{ token string }

func (b bearer) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	request.Header.Set("authorization", "Bearer "+b.token)
	return http.DefaultTransport.RoundTrip(request)
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func say(value any) {
	text, err := json.Marshal(value)
	must(err)
	fmt.Println(string(text))
}

func transport(a asked) mcp.Transport {
	if a.URL != "" {
		client := &http.Client{Transport: bearer{a.Token}}
		return &mcp.StreamableClientTransport{Endpoint: a.URL, HTTPClient: client}
	}
	command := exec.Command(a.Command, a.Args...)
	for name, value := range a.Env {
		command.Env = append(command.Env, name+"="+value)
	}
	return &mcp.CommandTransport{Command: command}
}

func main() {
	var a asked
	must(json.Unmarshal([]byte(os.Args[1]), &a))
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	updated := make(chan string, 16)
	client := mcp.NewClient(&mcp.Implementation{Name: "go", Version: "1"}, &mcp.ClientOptions{
		ResourceUpdatedHandler: func(_ context.Context, r *mcp.ResourceUpdatedNotificationRequest) {
			updated <- r.Params.URI
		},
	})
	session, err := client.Connect(ctx, transport(a), nil)
	must(err)
	listed, err := session.ListTools(ctx, nil)
	must(err)
	names := []string{}
	for _, tool := range listed.Tools {
		names = append(names, tool.Name)
	}
	failed := map[string]bool{}
	for _, call := range a.Calls {
		name := call[0].(string)
		result, err := session.CallTool(ctx, &mcp.CallToolParams{Name: name, Arguments: call[1]})
		must(err)
		failed[name] = result.IsError
	}
	read, err := session.ReadResource(ctx, &mcp.ReadResourceParams{URI: a.URI})
	must(err)
	must(session.Subscribe(ctx, &mcp.SubscribeParams{URI: a.URI}))
	say("listening")
	select {
	case <-updated:
	case <-time.After(20 * time.Second):
		must(fmt.Errorf("no update came"))
	}
	say(map[string]any{
		"revision": session.InitializeResult().ProtocolVersion,
		"tools":    names,
		"failed":   failed,
		"text":     read.Contents[0].Text,
	})
	must(session.Close())
}
