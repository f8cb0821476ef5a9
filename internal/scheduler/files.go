package scheduler

import (
	"context"
	"errors"

	"cronsole/internal/cronsole"
)

// fileGone is the reason of a job that is paused because its file was removed.
// The job resumes when the file is back; any other pause stays.
const fileGone = "its .schedule file was removed"

// Differs reports whether a job's definition is not what its code's .schedule
// says now, and gives the text of the file. A job that has nothing to do with
// the file, one of several of a code, does not differ.
func (s *Scheduler) Differs(job *cronsole.Job) (differs bool, fileText string) {
	def := job.Definition
	code, ok := s.Codes.Code(def.Code)
	if !ok || code.File == nil {
		return false, ""
	}
	if def.Source != cronsole.SourceFile && job.ID != def.Code {
		return false, code.File.Text
	}
	return code.File.Err == nil && !s.isFile(def, code), code.File.Text
}

// isFile reports whether a definition is what the code's file says, whoever
// wrote it.
func (s *Scheduler) isFile(def cronsole.Definition, code *cronsole.Code) bool {
	def.Source = cronsole.SourceFile
	return same(def, s.fileDefinition(code.Name, code.File))
}

// CodesChanged is called when what is deployed has changed. When jobs follow
// their files they do so now; otherwise only what is shown changes.
func (s *Scheduler) CodesChanged(ctx context.Context) error {
	s.Revision.Bump()
	s.mu.Lock()
	phase := s.phase
	s.mu.Unlock()
	if !s.Apply || phase != running {
		return nil // Start looks at the files itself
	}
	return s.followFiles(ctx)
}

// followFiles makes jobs what their files say: those made from a file are
// changed, paused or resumed with it, and a folder with a .schedule and no job
// gets one. A faulty file changes nothing.
func (s *Scheduler) followFiles(ctx context.Context) error {
	var errs []error
	followed := map[string]bool{}
	for _, job := range s.madeFromFiles() {
		followed[job.Definition.Code] = true
		errs = append(errs, s.follow(ctx, job.ID))
	}
	for _, code := range s.Codes.Codes() {
		if code.File != nil && code.File.Err == nil && code.Problem == "" && !followed[code.Name] {
			errs = append(errs, s.applyFile(ctx, code))
		}
	}
	return errors.Join(errs...)
}

func (s *Scheduler) madeFromFiles() []*cronsole.Job {
	s.mu.Lock()
	defer s.mu.Unlock()
	var jobs []*cronsole.Job
	for _, e := range s.entries {
		if e.job.Definition.Source == cronsole.SourceFile {
			jobs = append(jobs, e.job)
		}
	}
	return jobs
}

// follow makes one job what its file says.
func (s *Scheduler) follow(ctx context.Context, id string) error {
	if err := s.begin(ctx, id); err != nil {
		return err
	}
	defer s.end(id)
	ctx = context.WithoutCancel(ctx)
	e, job, err := s.find(ctx, id)
	if err != nil && kind(err) != cronsole.NotFound {
		return err
	}
	if e == nil || job.Definition.Source != cronsole.SourceFile {
		return nil // deleted, finished or edited meanwhile
	}
	code, ok := s.Codes.Code(job.Definition.Code)
	switch {
	case !ok || code.File == nil:
		if job.State == cronsole.JobPaused {
			return nil
		}
		return s.pause(ctx, id, fileGone, "")
	case code.File.Err != nil:
		s.Log.WarnContext(ctx, "job keeps its schedule, its file has a mistake", "job", id, "line", code.File.Err.Line, "error", code.File.Err)
		return nil
	}
	if !s.isFile(job.Definition, code) {
		if _, err := s.redefine(ctx, e, s.fileDefinition(code.Name, code.File)); err != nil {
			return s.tellFault(ctx, id, err)
		}
	}
	if job.State == cronsole.JobPaused && job.Reason == fileGone {
		return s.resume(ctx, id)
	}
	return nil
}

// applyFile makes the job of a folder that has none, unless there was one that
// was deleted, or has finished, and the file has not changed since.
func (s *Scheduler) applyFile(ctx context.Context, code *cronsole.Code) error {
	if err := s.begin(ctx, code.Name); err != nil {
		return err
	}
	defer s.end(code.Name)
	ctx = context.WithoutCancel(ctx)
	s.mu.Lock()
	taken := s.ids[code.Name] != nil
	s.mu.Unlock()
	if taken {
		return nil
	}
	old, err := s.Store.LastJob(ctx, code.Name)
	if err != nil && kind(err) != cronsole.NotFound {
		return err
	}
	if err == nil && s.settled(old, code) {
		return nil
	}
	d := &draft{def: s.fileDefinition(code.Name, code.File), enabled: code.File.Enabled}
	_, err = s.insert(ctx, code.Name, d)
	return s.tellFault(ctx, code.Name, err)
}

// settled reports whether the last job of a folder's name has ended with the
// file as it is now. One that was edited in the console before it was deleted
// does not say what the file was, so the age of the file does.
func (s *Scheduler) settled(old *cronsole.Job, code *cronsole.Code) bool {
	edited := old.State == cronsole.JobDeleted && old.Definition.Source == cronsole.SourceConsole
	return s.isFile(old.Definition, code) || edited && !code.File.Changed.After(old.UpdatedAt)
}

// tellFault logs what is wrong with a file as seen from now, such as a date
// that is past; that is for whoever deploys it and no trouble of the console.
func (s *Scheduler) tellFault(ctx context.Context, id string, err error) error {
	if kind(err) == cronsole.Invalid || kind(err) == cronsole.Conflict {
		s.Log.WarnContext(ctx, "job does not follow its file", "job", id, "error", err)
		return nil
	}
	return err
}
