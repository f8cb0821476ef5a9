// Package http_check asks a web address for an answer and fails when there is
// none, or a bad one. Schedule it once per address, with arguments such as
// ["https://example.org/"].
package http_check //nolint:revive // a code is named after its folder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"cronsole/internal/cronsole"
)

// patience bounds one request. The job's own timeout comes on top, through ctx.
const patience = 30 * time.Second

// Call writes the status of the answer and how long it took.
func Call(ctx context.Context, call cronsole.Call) (err error) {
	address, err := target(call.Args)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return fmt.Errorf("ask for the address: %w", err)
	}
	req.Header.Set("User-Agent", "http_check")

	// One request per process: no connection is worth keeping.
	client := &http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}}
	began := time.Now()
	res, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("no answer: %w", err)
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	size, err := io.Copy(io.Discard, io.LimitReader(res.Body, 10<<20))
	if err != nil {
		return fmt.Errorf("the answer broke off after %d bytes: %w", size, err)
	}
	took := time.Since(began).Round(time.Millisecond)
	if _, err := fmt.Fprintf(call.Output, "%s: %s in %s, %d bytes\n", address, res.Status, took, size); err != nil {
		return err
	}
	if res.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("the answer is %s", res.Status)
	}
	return nil
}

// target returns the address to check. An argument comes from whoever may
// schedule jobs; take no more than the code is meant for.
func target(args []any) (string, error) {
	if len(args) != 1 {
		return "", errors.New(`one argument is expected, the address to check: ["https://example.org/"]`)
	}
	text, ok := args[0].(string)
	if !ok {
		return "", fmt.Errorf("the address must be a string, not %v", args[0])
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return "", fmt.Errorf("%q is not an address that begins with http:// or https://", text)
	}
	return u.String(), nil
}
