// Conditions on an entry's `at`, `id`, `action` and `caller`. $last DATETIME; $beforeId STRING or null (only smaller ids
// at that time); $caller STRING or null; $actions LIST OF STRING or null.
($beforeId IS NULL OR at < $last OR id < $beforeId) AND ($caller IS NULL OR caller = $caller) AND ($actions IS NULL
OR action IN $actions)
