package scheduler

// Limits bound how many runs go on at once, by "code:NAME" or "tag:NAME".

// bounds are the limits that a run of a code comes under whose job has those
// tags, in the order in which they are looked at.
func (s *Scheduler) bounds(code string, tags []string) (names []string) {
	if _, ok := s.Limits["code:"+code]; ok {
		names = append(names, "code:"+code)
	}
	for _, tag := range tags {
		if _, ok := s.Limits["tag:"+tag]; ok {
			names = append(names, "tag:"+tag)
		}
	}
	return names
}

// reached is the first of the limits that as many runs have reached as may go on;
// empty when there is room under all of them. The caller holds the mutex.
func (s *Scheduler) reached(limits []string) string {
	for _, name := range limits {
		if s.used[name] >= s.Limits[name] {
			return name
		}
	}
	return ""
}

// acquire takes a slot and a place under each of the limits; false when one of
// them is not free. The caller holds the mutex.
func (s *Scheduler) acquire(code string, limits []string) bool {
	if s.reached(limits) != "" || !s.Executor.Acquire(code) {
		return false
	}
	for _, name := range limits {
		s.used[name]++
	}
	return true
}

// leave gives the places under the limits back, not the slot. The caller holds
// the mutex.
func (s *Scheduler) leave(limits []string) {
	for _, name := range limits {
		if s.used[name]--; s.used[name] == 0 {
			delete(s.used, name)
		}
	}
}
