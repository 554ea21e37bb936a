{{- define "wirelint.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag }}{{ end }}
{{- end -}}
{{- end -}}

{{/*
A part of a pod as an expression in CEL: each object gets the name of its type, which is its path, and maps with free keys
stay maps. Takes "at", the path, and "value".
*/}}
{{- define "wirelint.cel" -}}
{{- $at := .at -}}
{{- $value := .value -}}
{{- if kindIs "map" $value -}}
{{- $free := regexMatch "[.](requests|limits)$" $at -}}
{{- if not $free }}{{ $at }}{{ end }}{ {{- range $i, $key := keys $value | sortAlpha -}}
{{- if $i }}, {{ end }}{{ if $free }}{{ $key | quote }}{{ else }}{{ $key }}{{ end }}: {{ include "wirelint.cel" (dict "at" (printf "%s.%s" $at $key) "value" (index $value $key)) -}}
{{- end -}} }
{{- else if kindIs "slice" $value -}}
[ {{- range $i, $each := $value -}}
{{- if $i }}, {{ end }}{{ include "wirelint.cel" (dict "at" $at "value" $each) -}}
{{- end -}} ]
{{- else -}}
{{ toJson $value }}
{{- end -}}
{{- end -}}
