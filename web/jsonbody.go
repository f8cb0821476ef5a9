package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"cronsole/internal/cronsole"
)

// jsonDepth is how deep lists and objects may lie in one another.
const jsonDepth = 32

func malformed(message string, args ...any) error {
	return &cronsole.Error{Kind: cronsole.Malformed, Message: fmt.Sprintf(message, args...)}
}

// decodeObject reads a request body that must be one JSON object. It is
// stricter than encoding/json: a key may not appear twice, because two readers
// could see two requests in it; text must be UTF-8; nothing may follow.
// Numbers stay as they were written.
func decodeObject(body []byte) (map[string]any, error) {
	if !utf8.Valid(body) {
		return nil, malformed("The body is not UTF-8.")
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	v, err := decodeValue(dec, 0)
	if err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, malformed("Something follows the JSON object.")
	}
	object, ok := v.(map[string]any)
	if !ok {
		return nil, malformed("The body must be a JSON object, such as {\"job_id\": \"nightly_backup\"}.")
	}
	return object, nil
}

func decodeValue(dec *json.Decoder, depth int) (any, error) {
	tok, err := dec.Token()
	if err != nil {
		return nil, badJSON(dec, err)
	}
	delim, ok := tok.(json.Delim)
	if !ok {
		return tok, nil
	}
	if depth >= jsonDepth {
		return nil, malformed("The JSON is nested more than %d levels deep.", jsonDepth)
	}
	if delim == '[' {
		return decodeList(dec, depth)
	}
	return decodeMembers(dec, depth)
}

func decodeList(dec *json.Decoder, depth int) (any, error) {
	list := []any{}
	for dec.More() {
		v, err := decodeValue(dec, depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, closing(dec)
}

func decodeMembers(dec *json.Decoder, depth int) (any, error) {
	object := map[string]any{}
	for dec.More() {
		tok, err := dec.Token()
		if err != nil {
			return nil, badJSON(dec, err)
		}
		key, ok := tok.(string)
		if !ok {
			return nil, malformed("The JSON cannot be read: a key is not a string.")
		}
		if _, twice := object[key]; twice {
			return nil, malformed("The key %.60q appears twice.", key)
		}
		if object[key], err = decodeValue(dec, depth+1); err != nil {
			return nil, err
		}
	}
	return object, closing(dec)
}

// closing reads the bracket that ends a list or object.
func closing(dec *json.Decoder) error {
	if _, err := dec.Token(); err != nil {
		return badJSON(dec, err)
	}
	return nil
}

func badJSON(dec *json.Decoder, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return malformed("The JSON ends too early.")
	}
	return &cronsole.Error{
		Kind: cronsole.Malformed, Err: err,
		Message: fmt.Sprintf("The JSON cannot be read: there is a mistake at byte %d.", dec.InputOffset()),
	}
}
