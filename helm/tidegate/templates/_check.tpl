{{/* What the schema cannot say so that it helps. */}}
{{- define "tidegate.check" -}}
{{- $v := .Values -}}
{{- range $name, $text := $v.rules.files -}}
{{- if not (regexMatch "^[-_.a-zA-Z0-9]+\\.(yaml|yml|json)$" $name) -}}
{{- fail (printf "rules.files has %q: names must end with .yaml, .yml or .json" $name) -}}
{{- end -}}
{{- if and (eq $name "starter.yaml") (ne $v.rules.starter "none") -}}
{{- fail "rules.files has \"starter.yaml\", the name of the starter pack: give the file another one, or set rules.starter to \"none\"" -}}
{{- end -}}
{{- end -}}
{{- range concat $v.webhook.rules $v.webhook.extraRules -}}
{{- range .resources -}}
{{- if hasPrefix "*" . -}}
{{- fail (printf "a rule of the webhook has the resource %q: name each resource, since leases and events would wait for Tidegate, too" .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $key, $life := $v.certificates.own -}}
{{- if not (regexMatch "^([0-9]+[hms])+$" $life) -}}
{{- fail (printf "certificates.own.%s is %q: it must be a duration, like 2160h" $key $life) -}}
{{- end -}}
{{- end -}}
{{- if and (eq $v.certificates.mode "cert-manager") (not $v.certificates.certManager.issuerRef.name) -}}
{{- fail "certificates.certManager.issuerRef.name is missing: mode cert-manager takes the name of the Issuer or ClusterIssuer that signs" -}}
{{- end -}}
{{- if not (regexMatch "^(https?://.+)?$" $v.guard.prometheus.url) -}}
{{- fail (printf "guard.prometheus.url is %q: it must be a URL, like http://prometheus.monitoring.svc:9090" $v.guard.prometheus.url) -}}
{{- end -}}
{{- if not (regexMatch "^(sha256:[0-9a-f]{64})?$" $v.image.digest) -}}
{{- fail (printf "image.digest is %q: it must be sha256: and 64 hexadecimal digits" $v.image.digest) -}}
{{- end -}}
{{- if not (regexMatch "^(all|none|1/[1-9][0-9]*)$" $v.log.allowed) -}}
{{- fail (printf "log.allowed is %q: it must be all, none or 1/N" $v.log.allowed) -}}
{{- end -}}
{{- range $label, $_ := $v.podLabels -}}
{{- if has $label (list "app.kubernetes.io/name" "app.kubernetes.io/instance" "app.kubernetes.io/component") -}}
{{- fail (printf "podLabels has %q: the Service finds the pods by that label: choose another" $label) -}}
{{- end -}}
{{- end -}}
{{- end }}
