# What is shipped: an image, the chart, the manifests.

.PHONY: image chart manifests

# The program finds its libraries in an image where every program does.
IMAGE ?= localhost/tidegate:$(VERSION)

image: $(BUILD)/image/tidegate $(DEPS)/image.stamp ## an OCI image at build/image/tidegate.tar
	@DEPS=$(DEPS) $(PYTHON) tools/image/build $< $(IMAGE) $(BUILD)/image

$(BUILD)/image/tidegate: $(CLI_OBJ) $(LIB)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -s $(CLI_OBJ) $(LIB) $(PKG_LIBS) $(INTO)

# Helm is built from the Go module that tests/system/chart pins.
HELM     = $$(tools/build-go tests/system/chart)/helm
# More for Helm, such as VALUES='-f mine.yaml'.
VALUES  ?=

chart: ## the Helm chart at build/tidegate-VERSION.tgz
	@helm=$(HELM) && $$helm lint --strict --quiet helm/tidegate && $$helm package -d $(BUILD) helm/tidegate >/dev/null

manifests: ## the same without Helm: build/manifests/tidegate.yaml
	@mkdir -p $(BUILD)/manifests
	@helm=$(HELM) && { cat helm/namespace.yaml && \
	    $$helm template tidegate helm/tidegate -n tidegate-system --skip-tests $(VALUES); } \
	    > $(BUILD)/manifests/$$$$ && mv $(BUILD)/manifests/$$$$ $(BUILD)/manifests/tidegate.yaml
