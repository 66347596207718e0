// What programs of ours never wrote do with the relay: Go's gorilla/websocket and coder/websocket.
//
// Arguments: library, URL of the socket, slot, token. Prints what it saw as one line of JSON.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	coder "github.com/coder/websocket"
	gorilla "github.com/gorilla/websocket"
)

type frame = map[string]any

type socket interface {
	send(text []byte) error
	receive() ([]byte, error)
	subprotocol() string
	close() error
}

type gorillaSocket struct{ *gorilla.Conn }

func (s gorillaSocket) send(text []byte) error { return s.WriteMessage(gorilla.TextMessage, text) }
func (s gorillaSocket) receive() ([]byte, error) {
	_, text, err := s.ReadMessage()
	return text, err
}
func (s gorillaSocket) subprotocol() string { return s.Subprotocol() }
func (s gorillaSocket) close() error {
	text := gorilla.FormatCloseMessage(gorilla.CloseNormalClosure, "")
	return s.WriteControl(gorilla.CloseMessage, text, time.Now().Add(time.Second))
}

type coderSocket struct {
	*coder.Conn
	ctx context.Context
}

func (s coderSocket) send(text []byte) error { return s.Write(s.ctx, coder.MessageText, text) }
func (s coderSocket) receive() ([]byte, error) {
	_, text, err := s.Read(s.ctx)
	return text, err
}
func (s coderSocket) subprotocol() string { return s.Subprotocol() }
func (s coderSocket) close() error        { return s.Close(coder.StatusNormalClosure, "") }

func dial(ctx context.Context, library, url string) (socket, error) {
	protocols := []string{"wire.v1"}
	if library == "gorilla" {
		dialer := gorilla.Dialer{Subprotocols: protocols, EnableCompression: true}
		connection, _, err := dialer.DialContext(ctx, url, nil)
		return gorillaSocket{connection}, err
	}
	connection, _, err := coder.Dial(ctx, url, &coder.DialOptions{
		Subprotocols:    protocols,
		CompressionMode: coder.CompressionContextTakeover,
	})
	if err == nil {
		connection.SetReadLimit(1 << 20)
	}
	return coderSocket{connection, ctx}, err
}

func main() {
	library, url, slot, token := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	connection, err := dial(ctx, library, url)
	check(err)
	frames := []frame{}
	read := func() frame {
		text, err := connection.receive()
		check(err)
		answer := frame{}
		check(json.Unmarshal(text, &answer))
		frames = append(frames, answer)
		return answer
	}
	send := func(request frame) {
		text, err := json.Marshal(request)
		check(err)
		check(connection.send(text))
	}
	ask := func(request frame) frame {
		send(request)
		for {
			answer := read()
			if fmt.Sprint(answer["ref"]) == fmt.Sprint(request["ref"]) {
				return answer
			}
		}
	}
	events := func() []frame {
		found := []frame{}
		for _, answer := range frames {
			list, _ := answer["events"].([]any)
			for _, event := range list {
				found = append(found, event.(frame))
			}
		}
		return found
	}
	opened := ask(frame{"op": "open", "ref": 1, "slot": slot, "token": token, "since": nil})
	published := ask(frame{"op": "publish", "ref": 2, "slot": slot, "token": token, "events": []any{
		frame{"n": 1},
		frame{"event_id": library + "-2", "text": "é😀"},
		frame{"event_id": library + "-2"},
	}})
	for len(events()) < 2 {
		read()
	}
	last := events()[1]
	send(frame{"op": "ack", "slot": slot, "seq": last["seq"]})
	pong := ask(frame{"op": "ping", "ref": 3})
	statuses, seqs, texts := []any{}, []any{}, []any{}
	for _, result := range published["results"].([]any) {
		statuses = append(statuses, result.(frame)["status"])
	}
	for _, event := range events() {
		seqs = append(seqs, event["seq"])
		texts = append(texts, event["event"].(frame)["text"])
	}
	check(json.NewEncoder(os.Stdout).Encode(frame{
		"subprotocol": connection.subprotocol(),
		"opened":      opened["count"],
		"statuses":    statuses,
		"seqs":        seqs,
		"texts":       texts,
		"pong":        pong["op"],
	}))
	check(connection.close())
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
