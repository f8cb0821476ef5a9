package bench

import (
	"context"
	"fmt"
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

// client asks the console over one connection that stays open.
type client struct {
	conn *fasthttp.HostClient
	req  *fasthttp.Request
	res  *fasthttp.Response
}

func (c *console) client() *client {
	return &client{
		conn: &fasthttp.HostClient{Addr: c.host, MaxConns: 1, MaxResponseBodySize: 64 << 20},
		req:  fasthttp.AcquireRequest(), res: fasthttp.AcquireResponse(),
	}
}

func (c *client) close() {
	c.conn.CloseIdleConnections()
	fasthttp.ReleaseRequest(c.req)
	fasthttp.ReleaseResponse(c.res)
}

// prepare makes the request that do sends.
func (c *client) prepare(k call) {
	c.req.Reset()
	c.req.Header.SetMethod(k.method)
	c.req.SetRequestURI("http://" + c.conn.Addr + k.path)
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
	err := c.conn.DoTimeout(c.req, c.res, callTimeout)
	took := time.Since(begun)
	if err != nil {
		return took, fmt.Errorf("%s %s: %w", c.req.Header.Method(), c.req.URI().Path(), err)
	}
	if status := c.res.StatusCode(); (status < 200 || status > 299) && status != fasthttp.StatusNotModified {
		return took, fmt.Errorf("%s %s was answered with %d: %.300s", c.req.Header.Method(), c.req.URI().Path(), status, c.res.Body())
	}
	return took, nil
}

// once sends one request.
func (c *console) once(ctx context.Context, k call) (body []byte, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	cl := c.client()
	defer cl.close()
	cl.prepare(k)
	_, err = cl.do()
	return append([]byte(nil), cl.res.Body()...), err
}
