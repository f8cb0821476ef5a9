package bench

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"time"

	"github.com/valyala/fasthttp"
)

const callTimeout = 10 * time.Second

// call is a request to the console.
type call struct {
	method, path, body string
	browser            bool // it asks for a page as a browser does, or for a part as htmx does
	revalidate         bool // each request says what the one before it got
}

// client asks the console over one connection that stays open. It is little
// more than fasthttp's reader and writer: what it costs is missing to the
// console on a small machine.
type client struct {
	host string
	conn net.Conn
	in   *bufio.Reader
	out  *bufio.Writer
	req  fasthttp.Request
	res  fasthttp.Response
}

func (c *console) client(ctx context.Context) (*client, error) {
	conn, err := (&net.Dialer{Timeout: callTimeout}).DialContext(ctx, "tcp", c.host)
	if err != nil {
		return nil, fmt.Errorf("ask the console: %w", err)
	}
	return &client{host: c.host, conn: conn, in: bufio.NewReader(conn), out: bufio.NewWriter(conn)}, nil
}

func (c *client) close() {
	_ = c.conn.Close() // every answer was read
}

// prepare makes the request that do sends.
func (c *client) prepare(k call) {
	c.req.Reset()
	c.req.Header.SetMethod(k.method)
	c.req.SetRequestURI("http://" + c.host + k.path)
	if k.browser {
		c.req.Header.Set("Accept", "text/html")
		c.req.Header.Set("Accept-Encoding", "gzip")
	}
	if k.body != "" {
		c.req.Header.SetContentType("application/json")
		c.req.SetBodyString(k.body)
	}
}

// do sends what was prepared and returns how long the answer took. Another
// status than 2xx and 304 is an error.
func (c *client) do() (time.Duration, error) {
	begun := time.Now()
	err := c.exchange(begun.Add(callTimeout))
	took := time.Since(begun)
	if err != nil {
		return took, fmt.Errorf("%s %s: %w", c.req.Header.Method(), c.req.URI().Path(), err)
	}
	if status := c.res.StatusCode(); (status < 200 || status > 299) && status != fasthttp.StatusNotModified {
		return took, fmt.Errorf("%s %s was answered with %d: %.300s", c.req.Header.Method(), c.req.URI().Path(), status, c.res.Body())
	}
	return took, nil
}

func (c *client) exchange(deadline time.Time) error {
	if err := c.conn.SetDeadline(deadline); err != nil {
		return err
	}
	if err := c.req.Write(c.out); err != nil {
		return err
	}
	if err := c.out.Flush(); err != nil {
		return err
	}
	return c.res.Read(c.in)
}

// once sends one request.
func (c *console) once(ctx context.Context, k call) (body []byte, err error) {
	cl, err := c.client(ctx)
	if err != nil {
		return nil, err
	}
	defer cl.close()
	cl.prepare(k)
	_, err = cl.do()
	return append([]byte(nil), cl.res.Body()...), err
}
