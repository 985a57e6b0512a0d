//! Recommendations: fields, the life of a text, the tree, what supersedes what.

mod fields;
mod life;
mod relations;

use crate::world::*;

fn relation(kind: RelationKind, target: &str) -> Relation {
    Relation {
        kind: kind.into(),
        target: target.into(),
        provenance: None,
    }
}

impl World {
    async fn update(
        &mut self,
        recommendation: Recommendation,
        paths: &[&str],
    ) -> Result<Recommendation, Status> {
        let paths = paths.iter().map(|p| (*p).to_owned()).collect();
        let request = UpdateRecommendationRequest {
            recommendation: Some(recommendation),
            update_mask: Some(FieldMask { paths }),
            ..Default::default()
        };
        Ok(self
            .recommendations
            .update_recommendation(request)
            .await?
            .into_inner())
    }

    async fn supersede(&mut self, name: &str, successor: &str) -> Result<Recommendation, Status> {
        let request = SupersedeRecommendationRequest {
            name: name.into(),
            successor: successor.into(),
            ..Default::default()
        };
        Ok(self
            .recommendations
            .supersede_recommendation(request)
            .await?
            .into_inner())
    }

    async fn read(&mut self, name: &str) -> Recommendation {
        let request = GetRecommendationRequest {
            name: name.into(),
            as_of: None,
        };
        self.recommendations
            .get_recommendation(request)
            .await
            .unwrap()
            .into_inner()
    }
}
