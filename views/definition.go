package views

import (
	"encoding/json"
	"maps"

	"cronsole/internal/cronsole"
)

// DefinitionJSON is a version of a job's definition in the form of a request: it
// can be sent to make the job so again.
func DefinitionJSON(version int64, d cronsole.Definition) (map[string]any, error) {
	m := map[string]any{
		"version": version, "from_file": false, "code": d.Code, "type": d.Schedule.Type, "timezone": d.Schedule.Timezone,
		"args": ScheduleArgs(d.Schedule, d.Args),
	}
	text, err := json.Marshal(d.Rules)
	if err != nil {
		return nil, err
	}
	var rules map[string]any
	if err := json.Unmarshal(text, &rules); err != nil {
		return nil, err
	}
	maps.Copy(m, rules)
	return m, nil
}
