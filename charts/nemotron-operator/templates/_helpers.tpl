{{- define "nemotron-operator.fullname" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 52 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "nemotron-operator.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "nemotron-operator.labels" -}}
{{ include "nemotron-operator.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "nemotron-operator.serviceAccountName" -}}
{{- default (include "nemotron-operator.fullname" .) .Values.serviceAccount.name }}
{{- end }}

{{- define "nemotron-operator.webhookName" -}}
{{ include "nemotron-operator.fullname" . }}-webhook
{{- end }}

{{- /* Values of earlier charts under names that are gone. What was their default may stay, since --reuse-values brings it; anything else would be lost without a word. */}}
{{- define "nemotron-operator.refuseOldValues" }}
{{- with .Values.watchNamespace }}{{ fail (printf "watchNamespace is gone since 0.2.0: set watchNamespaces={%s} in its place, and watchNamespace to nothing (--set watchNamespace=)" .) }}{{ end }}
{{- end }}
