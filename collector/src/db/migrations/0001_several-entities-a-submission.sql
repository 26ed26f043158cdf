ALTER TABLE "entity_writes" DROP CONSTRAINT "entity_writes_pkey";--> statement-breakpoint
ALTER TABLE "entity_writes" ADD CONSTRAINT "entity_writes_instance_id_entity_id_pk" PRIMARY KEY("instance_id","entity_id");--> statement-breakpoint
ALTER TABLE "aliases" ADD COLUMN "live" boolean DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE "entity_writes" ADD COLUMN "place" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "entity_writes" ADD COLUMN "live" boolean DEFAULT true NOT NULL;