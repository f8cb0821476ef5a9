package bench

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"
)

const (
	startWait = 2 * time.Minute // for the console to serve
	stopWait  = time.Minute     // for it to end
	tellWait  = 10 * time.Second
	keptLog   = 2 << 10 // bytes of its log that an error shows
)

// console is the program that is measured.
type console struct {
	host    string // HOST:PORT
	pid     int
	started time.Time // when its process was started
	stdin   io.WriteCloser
	lines   chan string // of its standard output; closed when it ends
	log     string      // path of what it logs
	ended   chan struct{}
	err     error // how it ended; read after ended is closed
}

var servesAt = regexp.MustCompile(`serves http://(\S+)`)

// start starts a console on the site and returns when it serves. The caller
// kills it: its data is thrown away.
func (s *session) start(ctx context.Context, flags ...string) (*console, error) {
	s.stage("starting the console")
	args := []string{"bench-serve", "--addr", "127.0.0.1:0", "--data", s.data, "--jobs", s.jobs}
	if s.Profile != "" {
		args = append(args, "--cpu-profile", s.Profile)
	}
	cmd := exec.Command(s.Self, append(args, flags...)...) //nolint:noctx // it is asked to end, and only then killed
	cmd.Env = withoutSettings(os.Environ())
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is ours
	c := &console{log: filepath.Join(s.dir, "console.log"), lines: make(chan string, 1), ended: make(chan struct{})}
	log, err := os.Create(c.log)
	if err != nil {
		return nil, err
	}
	defer log.Close() //nolint:errcheck // the child writes it
	cmd.Stderr = log
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
	go func() {
		defer close(c.ended)
		defer close(c.lines)
		for in := bufio.NewScanner(stdout); in.Scan(); {
			c.lines <- in.Text()
		}
		c.err = cmd.Wait()
	}()
	if err := c.awaitServing(ctx); err != nil {
		c.kill()
		return nil, err
	}
	return c, nil
}

// withoutSettings is an environment without the settings of another console.
func withoutSettings(env []string) []string {
	return slices.DeleteFunc(env, func(e string) bool { return strings.HasPrefix(e, "CRONSOLE_") })
}

func (c *console) awaitServing(ctx context.Context) error {
	line, err := c.line(ctx, startWait)
	if err != nil {
		return err
	}
	found := servesAt.FindStringSubmatch(line)
	if found == nil {
		return c.failed("the console did not start")
	}
	c.host = found[1]
	return nil
}

// line reads a line of the console's output.
func (c *console) line(ctx context.Context, wait time.Duration) (string, error) {
	select {
	case line, ok := <-c.lines:
		if !ok {
			return "", c.failed("the console ended")
		}
		return line, nil
	case <-time.After(wait):
		return "", c.failed("the console did not answer within " + wait.String())
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// failed is an error that shows the end of what the console logged.
func (c *console) failed(what string) error {
	text, err := os.ReadFile(c.log)
	if err != nil {
		return fmt.Errorf("%s; its log cannot be read: %w", what, err)
	}
	return fmt.Errorf("%s; its log ends so:\n%s", what, text[max(0, len(text)-keptLog):])
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

// tell sends a line that bench-serve understands, and waits until it has been
// obeyed.
func (c *console) tell(ctx context.Context, line string) error {
	if _, err := io.WriteString(c.stdin, line+"\n"); err != nil {
		return c.failed("the console cannot be told to " + line)
	}
	answer, err := c.line(ctx, tellWait)
	if err == nil && answer != line {
		err = c.failed(fmt.Sprintf("the console answered %q", answer))
	}
	return err
}

// stop asks the console to end, as systemd would, and waits for it.
func (c *console) stop(ctx context.Context) error {
	if err := syscall.Kill(c.pid, syscall.SIGTERM); err != nil {
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
	case <-ctx.Done():
		return ctx.Err()
	}
}

// kill ends the console at once, as a power cut would.
func (c *console) kill() {
	if c.alive() == nil {
		_ = syscall.Kill(c.pid, syscall.SIGKILL) // it may have ended just now
	}
	for range c.lines { // the reader must not wait for us
		continue
	}
	<-c.ended
}
