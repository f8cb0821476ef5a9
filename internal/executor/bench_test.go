package executor

import (
	"os/exec"
	"syscall"
	"testing"

	"cronsole/internal/cronsole"
)

// BenchmarkTrue runs /bin/true bare, and with everything that a run gets:
// checked entry, environment, pipes, process group, record of the process.
func BenchmarkTrue(b *testing.B) {
	b.Run("bare", func(b *testing.B) {
		for b.Loop() {
			cmd := exec.Command("/bin/true")
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			if err := cmd.Run(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("executor", func(b *testing.B) {
		x := newBench(b)
		x.deploy(&cronsole.Code{Name: "true", Kind: cronsole.CodeExecutable, Dir: "/bin", Entry: "true"})
		if out := x.run("true"); out.State != cronsole.Succeeded {
			b.Fatalf("outcome %+v", out)
		}
		for b.Loop() {
			x.run("true")
		}
	})
}

// BenchmarkInline is what a Go function costs without a process.
func BenchmarkInline(b *testing.B) {
	x := newBench(b)
	x.function("hello", cronsole.IsolationInline)
	for b.Loop() {
		x.run("hello")
	}
}

// BenchmarkFunctionProcess is what it costs with one.
func BenchmarkFunctionProcess(b *testing.B) {
	x := newBench(b)
	x.function("hello", cronsole.IsolationProcess)
	for b.Loop() {
		x.run("hello")
	}
}
