CREATE TABLE "blobs" (
	"sha256" text PRIMARY KEY NOT NULL,
	"bytes" "bytea" NOT NULL,
	"size_bytes" integer NOT NULL,
	"stored_at_ms" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "projects" (
	"project_id" text PRIMARY KEY NOT NULL,
	"epoch" integer NOT NULL,
	"lineage" text NOT NULL,
	"feed_number" bigint NOT NULL,
	"own_store_id" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "devices" (
	"device_id" text PRIMARY KEY NOT NULL,
	"public_key" text NOT NULL,
	"officer" text NOT NULL,
	"certificate" json NOT NULL,
	"state" text NOT NULL,
	"enrolled_at_ms" bigint NOT NULL,
	"last_seen_at_ms" bigint,
	"agent_version" text,
	"clock_skew_ms" bigint,
	"queued" integer,
	"model_counter" bigint
);
--> statement-breakpoint
CREATE TABLE "enrolment_tokens" (
	"token_hash" text PRIMARY KEY NOT NULL,
	"officer" text NOT NULL,
	"created_at_ms" bigint NOT NULL,
	"expires_at_ms" bigint NOT NULL,
	"used_by" text,
	"used_at_ms" bigint
);
--> statement-breakpoint
CREATE TABLE "feed" (
	"kind" text NOT NULL,
	"key" text NOT NULL,
	"number" bigint NOT NULL,
	"body" json,
	"scope" text[],
	CONSTRAINT "feed_kind_key_pk" PRIMARY KEY("kind","key")
);
--> statement-breakpoint
CREATE TABLE "aliases" (
	"instance_id" text PRIMARY KEY NOT NULL,
	"alias" text NOT NULL,
	"of" text NOT NULL,
	"stamp" text NOT NULL,
	"undone" boolean NOT NULL
);
--> statement-breakpoint
CREATE TABLE "conflicts" (
	"conflict_id" text PRIMARY KEY NOT NULL,
	"entity_id" text NOT NULL,
	"property" text NOT NULL,
	"stands" json NOT NULL,
	"other" json NOT NULL,
	"settled_by" text,
	"opened_at_ms" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "entities" (
	"entity_id" text PRIMARY KEY NOT NULL,
	"dataset" text NOT NULL,
	"label" text,
	"properties" json NOT NULL,
	"authors" json DEFAULT '[]'::json NOT NULL,
	"conflicted" json NOT NULL,
	"canonical_id" text NOT NULL,
	"live" json NOT NULL,
	"superseded" json NOT NULL,
	"updated_at_ms" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "entity_writes" (
	"instance_id" text PRIMARY KEY NOT NULL,
	"entity_id" text NOT NULL,
	"dataset" text NOT NULL,
	"effective" text NOT NULL,
	"stamp" text NOT NULL,
	"device_id" text NOT NULL,
	"set" json NOT NULL,
	"saw" json NOT NULL,
	"label" text,
	"kind" text NOT NULL,
	"deprecated_id" text,
	"settles" json
);
--> statement-breakpoint
CREATE TABLE "form_versions" (
	"form_id" text NOT NULL,
	"version" text NOT NULL,
	"title" text NOT NULL,
	"program_sha256" text NOT NULL,
	"xml_sha256" text NOT NULL,
	"source_sha256" text NOT NULL,
	"file_name" text NOT NULL,
	"size_bytes" integer NOT NULL,
	"questions" integer NOT NULL,
	"languages" json NOT NULL,
	"dataset" text,
	"warnings" json NOT NULL,
	"state" text NOT NULL,
	"published_at_ms" bigint NOT NULL,
	CONSTRAINT "form_versions_form_id_version_pk" PRIMARY KEY("form_id","version")
);
--> statement-breakpoint
CREATE TABLE "stores" (
	"store_id" text PRIMARY KEY NOT NULL,
	"device_id" text NOT NULL,
	"durable_upto" bigint NOT NULL,
	"safe_upto" bigint NOT NULL,
	"head" json
);
--> statement-breakpoint
CREATE TABLE "submissions" (
	"store_id" text NOT NULL,
	"n" bigint NOT NULL,
	"seq" bigserial NOT NULL,
	"instance_id" text NOT NULL,
	"device_id" text NOT NULL,
	"form_id" text NOT NULL,
	"version" text NOT NULL,
	"digest" text NOT NULL,
	"stamp" text NOT NULL,
	"deprecated_id" text,
	"body" json NOT NULL,
	"state" text NOT NULL,
	"reason" json,
	"received_at_ms" bigint NOT NULL,
	CONSTRAINT "submissions_store_id_n_pk" PRIMARY KEY("store_id","n")
);
--> statement-breakpoint
CREATE TABLE "outcomes" (
	"seq" bigserial PRIMARY KEY NOT NULL,
	"outcome_id" text NOT NULL,
	"instance_id" text NOT NULL,
	"form_id" text NOT NULL,
	"value" text NOT NULL,
	"method" text NOT NULL,
	"verifier" text NOT NULL,
	"observed_at_ms" bigint NOT NULL,
	"imported_at_ms" bigint NOT NULL,
	CONSTRAINT "outcomes_outcome_id_unique" UNIQUE("outcome_id")
);
--> statement-breakpoint
CREATE TABLE "candidates" (
	"candidate_id" text PRIMARY KEY NOT NULL,
	"model_name" text NOT NULL,
	"candidate" json NOT NULL,
	"report" json,
	"created_at_ms" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "models" (
	"model_name" text PRIMARY KEY NOT NULL,
	"form_id" text NOT NULL,
	"recipe" json NOT NULL,
	"card" text NOT NULL,
	"champion_id" text,
	"created_at_ms" bigint NOT NULL,
	CONSTRAINT "models_form_id_unique" UNIQUE("form_id")
);
--> statement-breakpoint
CREATE TABLE "runs" (
	"run_id" text PRIMARY KEY NOT NULL,
	"model_name" text NOT NULL,
	"trigger" text NOT NULL,
	"handicap" text,
	"upto_seq" bigint NOT NULL,
	"state" text NOT NULL,
	"progress" real NOT NULL,
	"step" text NOT NULL,
	"attempts" integer NOT NULL,
	"snapshot" text,
	"candidate_id" text,
	"verdict" text,
	"report" json,
	"release_id" text,
	"reason" json,
	"created_at_ms" bigint NOT NULL,
	"started_at_ms" bigint,
	"finished_at_ms" bigint
);
--> statement-breakpoint
CREATE TABLE "snapshots" (
	"digest" text PRIMARY KEY NOT NULL,
	"model_name" text NOT NULL,
	"rows" integer NOT NULL,
	"positives" integer NOT NULL,
	"left_out" json NOT NULL,
	"frozen_at_ms" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "device_models" (
	"device_id" text NOT NULL,
	"release_id" text NOT NULL,
	"counter" bigint NOT NULL,
	"state" text NOT NULL,
	"fault" json,
	"at_ms" bigint NOT NULL,
	CONSTRAINT "device_models_device_id_release_id_pk" PRIMARY KEY("device_id","release_id")
);
--> statement-breakpoint
CREATE TABLE "releases" (
	"release_id" text PRIMARY KEY NOT NULL,
	"model_name" text NOT NULL,
	"counter" bigint NOT NULL,
	"candidate_id" text NOT NULL,
	"reason" text NOT NULL,
	"note" text,
	"signed" json NOT NULL,
	"chain" json NOT NULL,
	"created_at_ms" bigint NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX "feed_number" ON "feed" USING btree ("number");--> statement-breakpoint
CREATE INDEX "aliases_alias" ON "aliases" USING btree ("alias");--> statement-breakpoint
CREATE INDEX "conflicts_entity" ON "conflicts" USING btree ("entity_id");--> statement-breakpoint
CREATE INDEX "entities_canonical" ON "entities" USING btree ("canonical_id");--> statement-breakpoint
CREATE INDEX "entity_writes_entity" ON "entity_writes" USING btree ("entity_id");--> statement-breakpoint
CREATE INDEX "entity_writes_deprecated" ON "entity_writes" USING btree ("deprecated_id") WHERE "entity_writes"."deprecated_id" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "submissions_seq" ON "submissions" USING btree ("seq");--> statement-breakpoint
CREATE INDEX "submissions_instance" ON "submissions" USING btree ("instance_id");--> statement-breakpoint
CREATE INDEX "submissions_deprecated" ON "submissions" USING btree ("deprecated_id") WHERE "submissions"."deprecated_id" is not null;--> statement-breakpoint
CREATE INDEX "outcomes_form_seq" ON "outcomes" USING btree ("form_id","seq");--> statement-breakpoint
CREATE INDEX "outcomes_instance" ON "outcomes" USING btree ("instance_id");--> statement-breakpoint
CREATE UNIQUE INDEX "runs_open" ON "runs" USING btree ("model_name") WHERE "runs"."state" in ('queued', 'running');--> statement-breakpoint
CREATE INDEX "device_models_release" ON "device_models" USING btree ("release_id");--> statement-breakpoint
CREATE UNIQUE INDEX "releases_counter" ON "releases" USING btree ("model_name","counter");