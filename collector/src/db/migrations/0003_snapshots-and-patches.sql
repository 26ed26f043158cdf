CREATE TABLE "patches" (
	"wanted" text NOT NULL,
	"base" text NOT NULL,
	"patch_sha256" text,
	"size_bytes" integer,
	"made_at_ms" bigint NOT NULL,
	CONSTRAINT "patches_wanted_base_pk" PRIMARY KEY("wanted","base")
);
--> statement-breakpoint
CREATE TABLE "view_snapshots" (
	"view" text NOT NULL,
	"epoch" integer NOT NULL,
	"number" bigint NOT NULL,
	"manifest_sha256" text NOT NULL,
	"manifest_bytes" integer NOT NULL,
	"files" json NOT NULL,
	"rows" integer NOT NULL,
	"size_bytes" bigint NOT NULL,
	"built_at_ms" bigint NOT NULL,
	CONSTRAINT "view_snapshots_view_epoch_number_pk" PRIMARY KEY("view","epoch","number")
);
