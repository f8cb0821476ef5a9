package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	startWait = 2 * time.Minute // for the console to serve
	stopWait  = time.Minute     // for it to end
	keptLog   = 16 << 10        // bytes of its log that an error shows
)

// console is the program that is measured.
type console struct {
	url     string
	host    string // HOST:PORT
	pid     int
	started time.Time // when its process was started
	stdin   io.WriteCloser
	log     *tail
	ended   chan struct{}
	err     error // how it ended; read after ended is closed
}

var servesAt = regexp.MustCompile(`serves http://(\S+)`)

// start starts a console on the site and returns when it serves. The caller
// ends it.
func (s *session) start(ctx context.Context, flags ...string) (*console, error) {
	s.stage("starting the console")
	args := []string{"bench-serve", "--addr", "127.0.0.1:0", "--data", s.data, "--jobs", s.jobs}
	if s.Profile != "" {
		args = append(args, "--cpu-profile", s.Profile)
	}
	cmd := exec.Command(s.Self, append(args, flags...)...) //nolint:noctx // it is asked to end, and only then killed
	cmd.Env = withoutSettings(os.Environ())
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is ours
	c := &console{log: &tail{}, ended: make(chan struct{})}
	cmd.Stderr = c.log
	var err error
	if c.stdin, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.started = time.Now()
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the console: %w", err)
	}
	c.pid = cmd.Process.Pid
	lines := bufio.NewScanner(stdout)
	first := make(chan string, 1)
	go func() {
		defer close(c.ended)
		if lines.Scan() {
			first <- lines.Text()
		}
		close(first)
		_, _ = io.Copy(io.Discard, stdout) // its end is what matters
		c.err = cmd.Wait()
	}()
	if err := c.awaitServing(ctx, first); err != nil {
		c.kill()
		return nil, err
	}
	return c, nil
}

// withoutSettings is an environment without the settings of another console.
func withoutSettings(env []string) []string {
	var kept []string
	for _, e := range env {
		if !strings.HasPrefix(e, "CRONSOLE_") {
			kept = append(kept, e)
		}
	}
	return kept
}

func (c *console) awaitServing(ctx context.Context, first <-chan string) error {
	select {
	case line := <-first:
		found := servesAt.FindStringSubmatch(line)
		if found == nil {
			<-time.After(100 * time.Millisecond) // for its last words
			return c.failed("the console did not start")
		}
		c.host, c.url = found[1], "http://"+found[1]
		return nil
	case <-time.After(startWait):
		return c.failed("the console did not serve within " + startWait.String())
	case <-ctx.Done():
		return ctx.Err()
	}
}

// failed is an error that shows what the console logged.
func (c *console) failed(what string) error {
	return fmt.Errorf("%s; its log ends so:\n%s", what, c.log.String())
}

// alive returns an error once the console has ended by itself.
func (c *console) alive() error {
	select {
	case <-c.ended:
		return c.failed("the console ended in the middle")
	default:
		return nil
	}
}

// stop asks the console to end and waits for it.
func (c *console) stop() error {
	defer c.kill()
	if err := c.stdin.Close(); err != nil {
		return fmt.Errorf("stop the console: %w", err)
	}
	select {
	case <-c.ended:
		if c.err != nil {
			return c.failed("the console ended with " + c.err.Error())
		}
		return nil
	case <-time.After(stopWait):
		return c.failed("the console did not end within " + stopWait.String())
	}
}

// kill ends the console at once, if it has not ended.
func (c *console) kill() {
	select {
	case <-c.ended:
		return
	default:
	}
	_ = syscall.Kill(c.pid, syscall.SIGKILL) // it may have ended just now
	<-c.ended
}

// tell sends a line that bench-serve understands.
func (c *console) tell(line string) error {
	if _, err := io.WriteString(c.stdin, line+"\n"); err != nil {
		return errors.Join(c.alive(), fmt.Errorf("tell the console %q: %w", line, err))
	}
	return nil
}

// tail keeps the end of what is written.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, b...)
	if over := len(t.text) - keptLog; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
