package executor

import (
	"errors"
	"io"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"cronsole/internal/cronsole"
)

// pipeBuffers are what output is read into.
var pipeBuffers = sync.Pool{New: func() any { return new([32 << 10]byte) }}

// pipe is one output of a child on its way to the recorder.
type pipe struct {
	conn syscall.RawConn
	to   streamWriter

	// first is recorded before what was read at the same moment here. Two pipes
	// do not tell which was written first, and what went wrong is better read
	// below what led to it. It is nil for standard output.
	first *pipe

	mu sync.Mutex // held from a read until what was read is recorded
}

// newPipes makes the pipes of a child, standard output before error output, and
// the files for the other ends.
func newPipes(rec *recorder) (pipes []*pipe, ours, theirs []*os.File, err error) {
	defer func() {
		if err != nil {
			closeAll(ours)
			closeAll(theirs)
		}
	}()
	var first *pipe
	for _, stream := range []cronsole.Stream{cronsole.Stdout, cronsole.Stderr} {
		r, w, err := os.Pipe()
		if err != nil {
			return nil, ours, theirs, err
		}
		ours, theirs = append(ours, r), append(theirs, w)
		conn, err := r.SyscallConn()
		if err != nil {
			return nil, ours, theirs, err
		}
		p := &pipe{conn: conn, to: rec.stream(stream), first: first}
		pipes = append(pipes, p)
		first = p
	}
	return pipes, ours, theirs, nil
}

// copy moves output to the recorder until its end, or until the pipe is closed.
func (p *pipe) copy() error {
	buf := pipeBuffers.Get().(*[32 << 10]byte) //nolint:forcetypeassert // nothing else is put in
	defer pipeBuffers.Put(buf)
	for {
		var err error
		closed := p.conn.Read(func(fd uintptr) bool {
			p.mu.Lock()
			defer p.mu.Unlock()
			err = p.move(int(fd), buf[:])
			return !errors.Is(err, unix.EAGAIN) // false: wait until there is something
		})
		switch {
		case closed != nil, errors.Is(err, io.EOF):
			return nil
		case err != nil && !errors.Is(err, unix.EINTR):
			return err
		}
	}
}

// move reads once, without waiting, and records what it read. The caller holds
// the mutex.
func (p *pipe) move(fd int, buf []byte) error {
	n, err := unix.Read(fd, buf)
	switch {
	case err != nil:
		return err
	case n == 0:
		return io.EOF
	case p.first != nil:
		if err := p.first.drain(); err != nil {
			return err
		}
	}
	_, err = p.to.Write(buf[:n])
	return err
}

// drain returns when what is in the pipe now is recorded.
func (p *pipe) drain() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	buf := pipeBuffers.Get().(*[32 << 10]byte) //nolint:forcetypeassert // nothing else is put in
	defer pipeBuffers.Put(buf)
	var err error
	closed := p.conn.Control(func(fd uintptr) {
		var left int
		left, err = unix.IoctlGetInt(int(fd), unix.TIOCINQ)
		for left > 0 && err == nil {
			n := min(left, len(buf))
			err = p.move(int(fd), buf[:n])
			left -= n
		}
	})
	if closed != nil || errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR) || errors.Is(err, io.EOF) {
		return nil // there is no more
	}
	return err
}
