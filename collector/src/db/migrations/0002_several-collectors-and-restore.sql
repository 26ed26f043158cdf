CREATE TABLE "backups" (
	"name" text PRIMARY KEY NOT NULL,
	"epoch" integer NOT NULL,
	"kind" text NOT NULL,
	"folder" text,
	"taken_at_ms" bigint NOT NULL,
	"verified_at_ms" bigint NOT NULL,
	"size_bytes" bigint,
	"safe_submissions" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "collectors" (
	"process_id" text PRIMARY KEY NOT NULL,
	"host" text NOT NULL,
	"started_at_ms" bigint NOT NULL,
	"seen_at_ms" bigint NOT NULL,
	"connected" text[] NOT NULL
);
--> statement-breakpoint
CREATE TABLE "recoveries" (
	"epoch" integer PRIMARY KEY NOT NULL,
	"opened_at_ms" bigint NOT NULL,
	"closed_at_ms" bigint,
	"closed_note" text,
	"backup" text,
	"upto_seq" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "recovery_stores" (
	"epoch" integer NOT NULL,
	"store_id" text NOT NULL,
	"device_id" text NOT NULL,
	"restored_upto" bigint NOT NULL,
	"known_upto" bigint NOT NULL,
	CONSTRAINT "recovery_stores_epoch_store_id_pk" PRIMARY KEY("epoch","store_id")
);
--> statement-breakpoint
CREATE TABLE "replays" (
	"epoch" integer NOT NULL,
	"journal" text NOT NULL,
	"at_ms" bigint NOT NULL,
	"counts" json NOT NULL,
	"failures" json NOT NULL,
	CONSTRAINT "replays_epoch_journal_pk" PRIMARY KEY("epoch","journal")
);
--> statement-breakpoint
ALTER TABLE "projects" ADD COLUMN "succession" json;--> statement-breakpoint
ALTER TABLE "projects" ADD COLUMN "release_floor" bigint DEFAULT 0 NOT NULL;