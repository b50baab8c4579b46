// Of operations, those that a client asked for.
NOT operation.origin IN ['idle-flush', 'forget', 'import']
