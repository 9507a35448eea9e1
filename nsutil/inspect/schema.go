package inspect

// Schema is the version of the JSON that this package writes.
const Schema = 1
