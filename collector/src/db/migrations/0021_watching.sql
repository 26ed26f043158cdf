CREATE TABLE "device_sketches" (
	"device_id" text NOT NULL,
	"store_id" text NOT NULL,
	"release_id" text NOT NULL,
	"region" text NOT NULL,
	"week" text NOT NULL,
	"rows" integer NOT NULL,
	"packed" "bytea" NOT NULL,
	"scores" json NOT NULL,
	"abstained" json NOT NULL,
	"unscored" integer NOT NULL,
	"at_ms" bigint NOT NULL,
	CONSTRAINT "device_sketches_device_id_store_id_release_id_region_week_pk" PRIMARY KEY("device_id","store_id","release_id","region","week")
);
--> statement-breakpoint
CREATE TABLE "watch_findings" (
	"model_name" text NOT NULL,
	"key" text NOT NULL,
	"kind" text NOT NULL,
	"severity" text NOT NULL,
	"what" text NOT NULL,
	"todo" text NOT NULL,
	"evidence" json NOT NULL,
	"since_ms" bigint NOT NULL,
	"seen_ms" bigint NOT NULL,
	"ended_ms" bigint,
	"told" text,
	CONSTRAINT "watch_findings_model_name_key_pk" PRIMARY KEY("model_name","key")
);
--> statement-breakpoint
CREATE TABLE "watches" (
	"model_name" text PRIMARY KEY NOT NULL,
	"at_ms" bigint NOT NULL,
	"figures" json NOT NULL
);
--> statement-breakpoint
CREATE INDEX "device_sketches_release" ON "device_sketches" USING btree ("release_id","week");