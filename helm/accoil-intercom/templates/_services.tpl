{{/*
What the services are, as the code has it: who calls whom, who has a database, who speaks to Intercom,
who reads which secret. Everything else is made from this: environments, network policies, jobs.
A secret is the key of the service's Secret, the variable that it becomes, and whether the service can
do without (accoil.secretVariables knows the exceptions).
*/}}
{{- define "accoil.services" -}}
connections:
  calls: []
  database: true
  intercom: true
  secrets:
    - {key: postgres-url, variable: ACCOIL_POSTGRES_URL, optional: false}
    - {key: encryption-keys, variable: ACCOIL_ENCRYPTION_KEYS, optional: false}
    - {key: api-key-secret, variable: ACCOIL_API_KEY_SECRET, optional: false}
    - {key: intercom-client-secret, variable: ACCOIL_INTERCOM_CLIENT_SECRET, optional: true}
matcher:
  calls: [connections]
  database: true
  intercom: true
  secrets:
    - {key: postgres-url, variable: ACCOIL_POSTGRES_URL, optional: false}
trait-sync:
  calls: [connections, matcher]
  database: true
  intercom: true
  secrets:
    - {key: postgres-url, variable: ACCOIL_POSTGRES_URL, optional: false}
tagging-automation:
  calls: [connections]
  database: true
  intercom: true
  secrets:
    - {key: postgres-url, variable: ACCOIL_POSTGRES_URL, optional: false}
widget:
  calls: []
  database: true
  intercom: false
  secrets:
    - {key: postgres-url, variable: ACCOIL_POSTGRES_URL, optional: false}
gateway:
  calls: [connections, matcher, trait-sync, tagging-automation, widget]
  database: false
  intercom: false
  secrets:
    - {key: operator-key, variable: ACCOIL_OPERATOR_KEY, optional: false}
{{- end }}

{{/* The variable that says where a service answers. */}}
{{- define "accoil.addressVariable" -}}
{{- if eq . "tagging-automation" -}}
ACCOIL_TAGGING_ADDRESS
{{- else -}}
ACCOIL_{{ . | replace "-" "_" | upper }}_ADDRESS
{{- end -}}
{{- end }}
