// Returns those of these raw data whose pictures no model has described yet: id, role, userName, title, text, images
// LIST OF STRING (URLs). $memoryId STRING; $ids LIST OF STRING.
CYPHER 25
UNWIND $ids AS id
MATCH (raw:RawData {memoryId: $memoryId, id: id})
WHERE raw.pendingImages IS NOT NULL
RETURN collect({
  id: raw.id, role: raw.role, userName: raw.userName, title: raw.title, text: raw.text, images: raw.pendingImages
}) AS rows
