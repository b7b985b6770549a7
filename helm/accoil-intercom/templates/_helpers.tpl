{{/* Names, labels, and the pieces that several kinds of object share. */}}
{{- define "accoil.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end }}

{{/* The name of a service's objects; takes a dict of root and service. */}}
{{- define "accoil.name" -}}
{{ include "accoil.fullname" .root }}-{{ .service }}
{{- end }}

{{- define "accoil.releaseLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "accoil.commonLabels" -}}
{{ include "accoil.releaseLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: accoil-intercom
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{/* What selects a service's pods; takes a dict of root and service. */}}
{{- define "accoil.selector" -}}
{{ include "accoil.releaseLabels" .root }}
app.kubernetes.io/component: {{ .service }}
{{- end }}

{{- define "accoil.labels" -}}
{{ include "accoil.commonLabels" .root }}
app.kubernetes.io/component: {{ .service }}
{{- end }}

{{- define "accoil.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{- define "accoil.secretName" -}}
{{- $own := index .root.Values.services .service -}}
{{ $own.secretName | default (include "accoil.name" .) }}
{{- end }}

{{/* What no pod of ours may do. */}}
{{- define "accoil.podSecurity" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.image.pullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "accoil.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* The certificates that values name, as volumes and where they are mounted. */}}
{{- define "accoil.volumes" -}}
{{- with .root.Values.kafka.caSecret }}
- {name: kafka-ca, secret: {secretName: {{ . }}, defaultMode: 0440}}
{{- end }}
{{- if and .root.Values.postgres.caSecret (index (include "accoil.services" .root | fromYaml) .service).database }}
- {name: postgres-ca, secret: {secretName: {{ .root.Values.postgres.caSecret }}, defaultMode: 0440}}
{{- end }}
{{- if .root.Values.tls.enabled }}
- {name: tls, secret: {secretName: {{ include "accoil.name" . }}{{ .root.Values.tls.secretSuffix }}, defaultMode: 0440}}
{{- end }}
{{- end }}

{{- define "accoil.volumeMounts" -}}
{{- if .root.Values.kafka.caSecret }}
- {name: kafka-ca, mountPath: /etc/accoil/kafka-ca, readOnly: true}
{{- end }}
{{- if and .root.Values.postgres.caSecret (index (include "accoil.services" .root | fromYaml) .service).database }}
- {name: postgres-ca, mountPath: /etc/accoil/postgres-ca, readOnly: true}
{{- end }}
{{- if .root.Values.tls.enabled }}
- {name: tls, mountPath: /etc/accoil/tls, readOnly: true}
{{- end }}
{{- end }}
