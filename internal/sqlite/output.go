package sqlite

import (
	"context"
	"database/sql"
	"slices"

	"cronsole/internal/cronsole"
)

// AppendOutput adds chunks to the output of a run and drops the chunks that lie
// wholly before keepFrom; what a chunk holds of the bytes before it is not given
// out any more. NotFound when there is no such run.
func (s *Store) AppendOutput(ctx context.Context, runID int64, chunks []cronsole.Chunk, keepFrom int64) error {
	end := int64(0)
	for _, c := range chunks {
		end = max(end, c.Offset+int64(len(c.Data)))
	}
	err := s.write(ctx, func(t tx) error {
		n, err := t.changed(`UPDATE runs SET output_bytes = max(output_bytes, ?), output_from = max(output_from, ?) WHERE id = ?`,
			end, keepFrom, runID)
		if err != nil {
			return err
		}
		if n == 0 {
			return runNotFound(runID)
		}
		for _, c := range chunks {
			if len(c.Data) == 0 || c.Offset+int64(len(c.Data)) <= keepFrom {
				continue
			}
			if _, err := t.exec(`INSERT INTO output (run_id, offset, at, stream, data) VALUES (?, ?, ?, ?, ?)`,
				runID, c.Offset, ms(c.Time), int64(c.Stream), c.Data); err != nil {
				return err
			}
		}
		if keepFrom > 0 {
			_, err = t.exec(`DELETE FROM output WHERE run_id = ? AND offset < ? AND offset + length(data) <= ?`, runID, keepFrom, keepFrom)
		}
		return err
	})
	return failed(err, "output of run %d", runID)
}

// Output returns the kept output of a run from the offset on, in order; a chunk
// that straddles it is cut. It is empty for a run without output and for one
// that does not exist.
func (s *Store) Output(ctx context.Context, runID, from int64) ([]cronsole.Chunk, error) {
	// The cut of the beginning may lie inside a chunk. The first chunk wanted is
	// the one that begins at the latest offset up to there.
	rows, err := s.readDB.QueryContext(ctx, `WITH want(start) AS (SELECT max(?, output_from) FROM runs WHERE id = ?)
		SELECT start, offset, at, stream, data FROM want CROSS JOIN output
		WHERE run_id = ? AND offset >= ifnull((SELECT max(offset) FROM output WHERE run_id = ? AND offset <= start), 0)
		ORDER BY offset`, from, runID, runID, runID)
	if err != nil {
		return nil, failed(err, "output of run %d", runID)
	}
	chunks, err := collect(rows, scanChunk)
	if err != nil {
		return nil, failed(err, "output of run %d", runID)
	}
	return slices.DeleteFunc(chunks, func(c cronsole.Chunk) bool { return len(c.Data) == 0 }), nil
}

// scanChunk reads a chunk and cuts what lies before start; Data is empty when
// all of it does.
func scanChunk(row scanner) (c cronsole.Chunk, err error) {
	var start int64
	var at sql.NullInt64
	if err := row.Scan(&start, &c.Offset, &at, &c.Stream, &c.Data); err != nil {
		return c, err
	}
	c.Time = fromMS(at)
	if before := start - c.Offset; before > 0 {
		c.Data = c.Data[min(before, int64(len(c.Data))):]
		c.Offset = start
	}
	return c, nil
}
