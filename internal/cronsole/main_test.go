package cronsole

import (
	"testing"

	"cronsole/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }
