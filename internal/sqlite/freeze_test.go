package sqlite

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

func TestFreezeIsKeptUntilItEnds(t *testing.T) {
	s := openStore(t, Options{})
	var none *cronsole.Freeze
	for _, want := range []*cronsole.Freeze{
		none, {Since: noon, Reason: "move"}, {Since: noon.Add(time.Minute), Reason: "still moving"}, none, none,
	} {
		must(t, s.SetFreeze(t.Context(), want))
		if diff := cmp.Diff(want, get(s.Freeze(t.Context()))(t)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}
