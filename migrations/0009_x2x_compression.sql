UPDATE "x2x_links" SET "agreement" = "agreement" || '{"compression": "none"}'::jsonb WHERE "agreement"->'compression' IS NULL;
